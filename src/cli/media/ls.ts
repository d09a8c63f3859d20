import { EXIT, type Invocation } from '../command.ts';
import { openStorage, tellFailure } from './store-access.ts';
import { isIgnored } from '../../reconcile/programme/ignored-names.ts';
import { MAX_LISTED_OBJECTS } from '../../store/drivers.ts';
import { printable } from '../../text/terminal.ts';
import { sizeText } from '../../text/units.ts';

/** Lists the media below a prefix, in the order they would play. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, terminal } = invocation;
  const opened = openStorage(invocation);
  if (opened === null) return EXIT.usage;
  const prefix = args[0] ?? '';
  const listed = await opened.storage.listMedia(prefix);
  if (listed.kind === 'failed') return tellFailure(listed.failure, terminal);
  const objects = listed.value;
  if (options.has('json')) {
    const rows = objects.map(({ key, sizeBytes, version }) => ({ key, sizeBytes, version }));
    terminal.out(JSON.stringify(rows, null, 2));
    return EXIT.well;
  }
  const lines = objects.map(
    ({ key, sizeBytes }) =>
      `${sizeText(sizeBytes).padStart(9)}  ${printable(key)}${isIgnored(key) ? '  (no media by its name: not played)' : ''}`,
  );
  if (lines.length > 0) terminal.out(lines.join('\n'));
  if (lines.length === 0)
    terminal.note(`no media${prefix === '' ? '' : ` under ${printable(JSON.stringify(prefix))}`}`);
  if (objects.length >= MAX_LISTED_OBJECTS)
    terminal.note(`only the first ${String(MAX_LISTED_OBJECTS)} objects are listed`);
  return EXIT.well;
}
