import manifest from '../../package.json' with { type: 'json' };

/** The version this code was released as. */
export const VERSION: string = manifest.version;
