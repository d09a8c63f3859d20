import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withRoom } from '../fixtures/room.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import type { BlackHoleResult } from './black-hole-scene.ts';
import type { ContainerClockResult } from './container-clock-scene.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds } from './ingest-view.ts';
import { canPrepare, playIn } from './namespaces.ts';
import type { StrictMachineResult } from './strict-machine-scene.ts';
import type { ThinLineResult } from './thin-line-scene.ts';

const scene = (name: string): string => join(import.meta.dirname, `${name}-scene.ts`);

/** Shows a file of ours in the place of `/proc/uptime`. */
const inPlaceOf = (file: string): string => `echo 1 1 > '${file}' && mount --bind '${file}' /proc/uptime`;
const workspace = makeWorkspace();
const file = join(workspace.dir, 'uptime');
afterAll(() => workspace.cleanup());

/**
 * A root that is read-only but for `/tmp`, and processes of others that are not to be seen. Without capabilities
 * root is a user like any other; by `gid` its group is not exempt.
 */
const PREPARATION = [
  // Not another one: the checkout may lie in it.
  'mount --bind /tmp /tmp',
  'mount -o remount,bind,ro /',
  'mount -t proc -o hidepid=2,gid=65533 proc /proc',
].join(' && ');
const WITHOUT_CAPABILITIES = 'setpriv --bounding-set=-all --inh-caps=-all --no-new-privs';

const canShape = await canPrepare('net', 'tc qdisc add dev lo root handle 1: htb default 10');
const canFilter = await canPrepare('net', 'nft add table inet chaos');
const hasOwnUptime = await canPrepare('mount', inPlaceOf(file));
const canCloseUp = await canPrepare('mount', `${PREPARATION} && ${WITHOUT_CAPABILITIES} true`);

// Each is a process of its own, and waits most of the time: the longest first.
test
  .skipIf(!canShape)
  .concurrent(
    'h: a line that takes less than the stream has is told, and left once viewers watch the past and it is wide again',
    { timeout: 300_000 },
    async () => {
      const { said, leastPace, arrivedPerSecond, renewedMs, liveMs, view } = await playIn<ThinLineResult>(
        'net',
        'true',
        scene('thin-line'),
        290_000,
      );
      const told = said.find(({ reason }) => reason === 'UplinkTooThin');
      recordFault({
        row: 'h',
        fault: 'line to the ingest takes 500 of 1,650 kbit/s until viewers are 36 s behind',
        promised:
          'degraded, UplinkTooThin ≤ 45 s, uplink.pace in /health; once it is wide again, a session at the present',
        measured: `UplinkTooThin after ${seconds(told?.afterMs ?? Infinity)}, uplink.pace down to ${leastPace ?? 'unknown'} (arrived: ${arrivedPerSecond.toFixed(2)}); once it is wide another session after ${seconds(renewedMs)}, live after ${seconds(liveMs)}`,
        ingest: describeView({ ...view, pictureMs: null }),
      });
      expect(told?.status).toBe('degraded');
      expect(told?.afterMs).toBeLessThan(45_000);
      expect(leastPace).toBeLessThan(arrivedPerSecond + 0.15);
      expect(leastPace).toBeGreaterThan(arrivedPerSecond - 0.15);
      // While it is thin the word stays.
      expect(said.filter(({ reason }) => reason === 'UplinkTooThin')).toHaveLength(1);
      expect(view).toMatchObject({ sessions: 2, publishers: 1 });
    },
  );

test
  .skipIf(!hasOwnUptime)
  .concurrent(
    'p: where /proc/uptime is the age of a container, hung uplinks are left and running ones adopted all the same',
    { timeout: 300_000 },
    async () => {
      const played = await playIn<ContainerClockResult>('mount', inPlaceOf(file), scene('container-clock'), 280_000);
      const { leftMs, sinceAgoMs, startedAgoMs, adopted, view } = played;
      recordFault({
        row: 'p',
        fault: '/proc/uptime is another clock than the start times of processes (LXC)',
        promised: 'hung uplinks are left, running ones adopted, as anywhere',
        measured: `an ingest that hangs is left after ${seconds(leftMs)}; daemon killed: same PIDs`,
        ingest: describeView(view),
      });
      // Left to itself, FFmpeg gives such a connection up after 21 s at the earliest.
      expect(leftMs).toBeLessThan(20_000);
      expect(sinceAgoMs).toBeGreaterThan(4_000);
      expect(sinceAgoMs).toBeLessThan(startedAgoMs + 1_000);
      expect(adopted).toBe(true);
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    },
  );

test
  .skipIf(!canFilter)
  .concurrent(
    'h: an ingest behind a black hole is seen by unacknowledged bytes, and left',
    { timeout: 300_000 },
    async () => {
      const played = await playIn<BlackHoleResult>('net', 'true', scene('black-hole'), 280_000);
      const { toldMs, mostUnackedMs, replacedMs, pictureMs, view } = played;
      recordFault({
        row: 'h',
        fault: 'ingest black-holed: packets dropped in a network namespace',
        promised: 'seen ≤ 6 s, replaced ≤ 8 s, unackedMs in /health meanwhile',
        measured: `UplinkLagging after ${seconds(toldMs ?? Infinity)}, unackedMs up to ${mostUnackedMs}; another uplink after ${seconds(replacedMs)}; picture ${seconds(pictureMs)} after packets pass again`,
        // A dead uplink's farewell is lost in the hole: the ingest takes it for a publisher for as long.
        ingest: describeView({ ...view, publishers: 1 }),
      });
      expect(toldMs).toBeLessThan(withRoom(6000));
      expect(mostUnackedMs).toBeGreaterThan(2000);
      // Left to itself, FFmpeg gives such a connection up after 21 s at the earliest.
      expect(replacedMs).toBeLessThan(20_000);
    },
  );

test
  .skipIf(!canCloseUp)
  .concurrent(
    't: where no process of others is to be seen and the root is read-only, all goes on as anywhere',
    { timeout: 300_000 },
    async () => {
      const played = await playIn<StrictMachineResult>(
        'mount',
        PREPARATION,
        scene('strict-machine'),
        280_000,
        WITHOUT_CAPABILITIES,
      );
      const { seesInit, writesRoot, adopted, view } = played;
      recordFault({
        row: 't',
        fault: '/proc with hidepid=2, a read-only root, no capability; daemon killed, another started',
        promised: 'no gap, same PIDs, as anywhere',
        measured: 'same PIDs',
        ingest: describeView(view),
      });
      expect({ seesInit, writesRoot }).toEqual({ seesInit: false, writesRoot: false });
      expect(adopted).toBe(true);
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    },
  );
