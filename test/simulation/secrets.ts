/** Planted where they could leak from: complaints of FFmpeg, addresses, broken files. */
export const SECRETS = { streamKey: 'abcd-SECRET-key-1234', storageSecret: 'storageSecretThatMustNotLeak' } as const;

/** Stands in every signed address, so that one that leaks is seen. */
export const URL_SECRET = 'signatureThatMustNotLeak';
