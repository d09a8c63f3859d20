import { writeFileSync } from 'node:fs';
import { desiredJsonSchemaText } from '../../src/observe/desired/schema/json-schema.ts';

writeFileSync(new URL('../../desired.schema.json', import.meta.url), desiredJsonSchemaText());
