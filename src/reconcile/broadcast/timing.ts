/** With `running: false` the broadcast is completed once the uplink has been gone for this long: until then the operator may go back on air. */
export const COMPLETE_AFTER_MS = 5 * 60_000;
/** At this age the next broadcast is begun, so that the renewal is done before 11 h 15 min. */
export const RENEW_AT_AGE_MS = (11 * 60 + 10) * 60_000;
/** A new broadcast is scheduled this far ahead: YouTube accepts only the future, and clocks differ. */
export const SCHEDULED_AHEAD_MS = 60_000;
/** How many broadcasts may be created in 24 hours: each notifies the subscribers, and YouTube has a limit of its own. */
export const MOST_CREATIONS = 8;
/** Units of the day's quota that are kept for changes: enough for ten renewals with thumbnail and playlist. */
export const RESERVED_UNITS = 1_500;
/** An archive that is not whole and public after this time is lost: YouTube makes one within hours. */
export const ARCHIVE_WITHIN_MS = 24 * 3_600_000;
/** By how much its video may be shorter or longer than the broadcast: YouTube cuts at both ends, and rounds. */
export const ARCHIVE_TOLERANCE_MS = 60_000;
/** Archives remembered. */
export const MOST_ARCHIVES = 32;
