import type { HealthBody } from '../../../src/health/body.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import type { ColourName } from '../../fixtures/picture.ts';
import type { Fault } from '../../fixtures/s3-faults.ts';
import type { FaultRequest } from '../../fixtures/s3-server.ts';
import type { Studio } from '../studio.ts';

/** A store, an object or a machine with something odd about it, and a programme. */
export interface Scene {
  readonly what: string;
  /** Puts objects and faults in place; answers with the lines of desired.yaml. `blue.mp4` and `red.mp4` are there. */
  readonly prepare: (studio: Studio) => Promise<Readonly<Record<string, string>>>;
  /** Beside the studio's. */
  readonly env?: (studio: Studio) => Readonly<Record<string, string>>;
  /** What happens on air; answers with what `/health` said. */
  readonly play: (studio: Studio, daemon: Daemon) => Promise<string>;
  /** What the ingest saw in turn from the first clip on; the slate only where it was seen for more than a second. */
  readonly seen: RegExp;
  /** How long the item in lime is. */
  readonly limeS?: number;
}

const PATIENCE_MS = 150_000;

/** As docs/media.md has it. */
export const saidBy = ({ status, reason, message }: HealthBody): string => `\`${status}\`, \`${reason}\`: ${message}`;

/** Waits until `/health` passes the check. */
export const once = (daemon: Daemon, what: string, check: (report: HealthBody) => boolean): Promise<HealthBody> =>
  healthEventually(daemon, check, { what, timeoutMs: PATIENCE_MS });

/** Waits until this item is on air while `/health` says this of it. */
export const told = async (daemon: Daemon, text: string, item: string | null): Promise<string> =>
  saidBy(
    await once(
      daemon,
      `${text}, and ${item} on air`,
      ({ message, playout }) => message.includes(text) && playout !== null && playout.item === item,
    ),
  );

/** Waits until this item is on air, as wished. */
export const live = async (daemon: Daemon, item: string): Promise<string> => {
  const { status, reason } = await once(
    daemon,
    `${item} on air`,
    (report) => report.status === 'live' && report.playout?.item === item,
  );
  return `\`${status}\`, \`${reason}\``;
};

export const secondsSince = (atMs: number): string => `${((performance.now() - atMs) / 1000).toFixed(1)} s`;

/** A fault that befalls the requests that are met. */
export const faultAt =
  (isMet: (request: FaultRequest) => boolean, fault: Fault) =>
  ({ store }: Studio): void => {
    store.fault = (request) => (isMet(request) ? fault : undefined);
  };

/** The store refuses every request. */
export const refusesAll = (status: number, code: string) => faultAt(() => true, { kind: 'status', status, code });

/** In the words of a scene. */
export const wordFor = (colour: ColourName): string => (colour === 'black' ? 'slate' : colour);
