/** `unknown`: the check could not tell, which is no failure. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'unknown';

/** What one check found; no secret, no signed URL. */
export interface Finding {
  /** A stable name for programs, such as `storage-list`. */
  readonly check: string;
  readonly verdict: Verdict;
  /** One line: what was found. */
  readonly message: string;
  /** One line: what to do; null = nothing. */
  readonly remedy: string | null;
}

const finding =
  (verdict: Verdict) =>
  (check: string, message: string, remedy: string): Finding => ({ check, verdict, message, remedy });

export const ok = (check: string, message: string): Finding => ({ check, verdict: 'ok', message, remedy: null });
export const warning = finding('warning');
export const failed = finding('failed');
export const unknown = (check: string, message: string, remedy: string | null = null): Finding => ({
  check,
  verdict: 'unknown',
  message,
  remedy,
});

/** The two parts of `what is wrong: what to do`, as failures of the store and of FFmpeg are worded. */
export function inParts(text: string, orElse: string): { readonly message: string; readonly remedy: string } {
  const at = text.indexOf(': ');
  return at === -1 ? { message: text, remedy: orElse } : { message: text.slice(0, at), remedy: text.slice(at + 2) };
}
