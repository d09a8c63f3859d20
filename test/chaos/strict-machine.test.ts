import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView } from './ingest-view.ts';
import { canPrepare, playIn } from './namespaces.ts';
import type { StrictMachineResult } from './strict-machine-scene.ts';

const SCENE = join(import.meta.dirname, 'strict-machine-scene.ts');
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
const able = await canPrepare('mount', `${PREPARATION} && ${WITHOUT_CAPABILITIES} true`);

test.skipIf(!able)(
  't: where no process of others is to be seen and the root is read-only, all goes on as anywhere',
  { timeout: 300_000 },
  async () => {
    const scene = await playIn<StrictMachineResult>('mount', PREPARATION, SCENE, 280_000, WITHOUT_CAPABILITIES);
    const { seesInit, writesRoot, adopted, view } = scene;
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
