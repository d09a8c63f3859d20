/** Every rule of YouTube's side, in the order in which they are tried; the first that fits decides. */
export const BROADCAST_RULES = [
  // When YouTube is asked at all.
  'youtube-no-login',
  'youtube-asking',
  'youtube-not-yet',
  'youtube-look',
  'youtube-saving',
  'broadcast-left-alone',
  'broadcast-unseen',
  'broadcast-no-stream',
  // `running: false`.
  'broadcast-withdraw',
  'broadcast-end',
  // `running: true`.
  'broadcast-stuck',
  'broadcast-complete-old',
  'broadcast-complete-surplus',
  'broadcast-adopt',
  'broadcast-unresolved',
  'broadcast-awaits-stream',
  'broadcast-blocked',
  'broadcast-insert',
  'broadcast-search',
  'broadcast-bind',
  'broadcast-go-live',
  'broadcast-starting',
  'broadcast-patience',
  'broadcast-unconfirmed',
  'broadcast-coming',
  'broadcast-heal-waits',
  'broadcast-budget-spent',
  'broadcast-announce',
  'broadcast-edit',
  'broadcast-thumbnail',
  'broadcast-playlist',
  'broadcast-archive',
  'broadcast-kept',
  'broadcast-off',
] as const;

export type BroadcastRule = (typeof BROADCAST_RULES)[number];
