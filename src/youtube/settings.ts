/** How YouTube's API is asked; there is one only where the environment has an OAuth client. */
export interface YouTubeSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly pollIntervalMs: number;
  /** Base addresses without a path. */
  readonly apiUrl: string;
  readonly oauthUrl: string;
  readonly analyticsUrl: string;
}
