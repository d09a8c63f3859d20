/** Why an item or the store cannot be used now. */
const MEDIA_REASONS = [
  'MediaNotFound',
  'MediaPrefixEmpty',
  'MediaForbidden',
  'MediaUndecodable',
  'MediaEndsEarly',
  'PictureMissing',
  'SoundMissing',
  'StorageNotConfigured',
  'StorageBucketMissing',
  'StorageCredentialsRejected',
  'StorageClockSkew',
  'StorageUnreachable',
  'StorageSlow',
  'StorageError',
  'EncodeTooSlow',
] as const;
export type MediaFailureReason = (typeof MEDIA_REASONS)[number];

export interface MediaFailure {
  readonly reason: MediaFailureReason;
  /** One line for people: what failed and what to do. No secret, no signed URL. */
  readonly message: string;
}

/**
 * Every word that `/health` gives as a reason, of the status or of a condition. Monitors and scripts match them, so a word
 * never changes its meaning. docs/operate.md has a section for each; a test checks that.
 */
export const REASONS = [
  'OnAir',
  'Starting',
  'Connecting',
  'Converging',
  'StoppedByFile',
  'Recycling',
  'ShuttingDown',
  'DesiredInvalid',
  'DesiredMissing',
  'SlateShowing',
  'PlayoutMissing',
  ...MEDIA_REASONS,
  'StreamKeyMissing',
  'FfmpegMissing',
  'FfmpegUnusable',
  'IngestUnreachable',
  'IngestUntrusted',
  'IngestUnresponsive',
  'UplinkFailed',
  'UplinkLagging',
  'UplinkSilent',
  'UplinkTooThin',
  'ObservationFailed',
  'NotLiveAtYouTube',
  'YouTubeUnhealthy',
  // Of conditions only.
  'Accepted',
  'Acknowledged',
  'NoUplink',
  'UplinkConnecting',
  'BroadcastYoung',
  'RecycleScheduled',
  'BroadcastTooLong',
  'SceneryKept',
  'MediaContradicted',
  'RenewalScheduled',
  'LoggedIn',
  'LoginMissing',
  'LoginRejected',
  'YouTubeRefuses',
  'YouTubeUnknown',
  'StreamActive',
  'StreamAwaited',
  'StreamInactive',
  'StreamNotFound',
  'BroadcastOnAir',
  'BroadcastStarting',
  'NoBroadcast',
  'BroadcastRefused',
  'BroadcastBudgetSpent',
  'ArchiveWhole',
  'ArchiveAwaited',
  'ArchiveLost',
  'KeyInPreset',
  'KeyInCommandLine',
  'ReservoirUsed',
  'MbufferMissing',
  'NotifyIdle',
  'NotifyDelivered',
  'NotifyFailed',
] as const;

export type Reason = (typeof REASONS)[number];
