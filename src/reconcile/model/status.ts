import type { Reason } from './reasons.ts';

export type StatusWord = 'live' | 'degraded' | 'stopped' | 'starting' | 'stopping' | 'down';

/** What `/health` answers first: one word, why, and a line for people. */
export interface Status {
  readonly status: StatusWord;
  readonly reason: Reason;
  readonly message: string;
}

export interface Condition {
  readonly type:
    | 'DesiredAccepted'
    | 'UplinkAcknowledged'
    | 'ProgrammeOnAir'
    | 'BroadcastCountable'
    | 'SceneryAtHand'
    | 'MediaAsInspected'
    | 'ReservoirAtHand'
    | 'YouTubeAuthorized'
    | 'YouTubeReceives'
    | 'BroadcastLive'
    | 'ArchiveKept'
    | 'StreamKeyHidden'
    | 'Notified';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
}
