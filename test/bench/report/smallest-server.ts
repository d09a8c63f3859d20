/** Of the processor a stream may use so much: the rest is for the other things a server does, and for bad moments. */
const BUSY_SHARE = 0.7;
/** What Debian with systemd, sshd and a file cache for the media takes. */
const SYSTEM_MB = 300;
const CORES_OFFERED = [1, 2, 4, 8, 16, 32];
const RAM_OFFERED_MB = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

/** The rule, for the page. */
export const SERVER_RULE =
  'The smallest server: the fewest cores like these, of 1, 2, 4, 8 and so on, of which the stream uses at most ' +
  `${BUSY_SHARE * 100} %, and the least memory, of 0.5, 1, 2, 4, 8 GB, that holds all it uses and ${SYSTEM_MB} MB for the system.`;

/** In words. `share`: of one core; `memoryMb`: of the daemon and all it started. */
export function smallestServer(share: number, memoryMb: number): string {
  const cores = CORES_OFFERED.find((offered) => share <= offered * BUSY_SHARE);
  const ramMb = RAM_OFFERED_MB.find((offered) => memoryMb + SYSTEM_MB <= offered);
  if (cores === undefined || ramMb === undefined) return 'more than is offered';
  return `${cores} ${cores === 1 ? 'core' : 'cores'}, ${ramMb / 1_000} GB`;
}
