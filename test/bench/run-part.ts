import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PARTS } from './parts.ts';

/** `run-part.ts PART FILE`: measures one part and writes its figures, as JSON, into the file once all are there. */
const [name = '', file = ''] = process.argv.slice(2);
const figures = await PARTS[name]!.run(dirname(file));
writeFileSync(file, JSON.stringify(figures));
