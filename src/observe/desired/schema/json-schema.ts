import { z } from 'zod';
import { desiredSchema } from './keys.ts';

/** JSON Schema (draft 2020-12) of `desired.yaml`, so that editors complete and check it. */
export function desiredJsonSchema(): object {
  return z.toJSONSchema(desiredSchema, {
    io: 'input',
    target: 'draft-2020-12',
    // zod takes examples for outputs and drops them where the value is transformed; ours are inputs.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.['examples'];
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}

/** The same as the text of `desired.schema.json`. */
export function desiredJsonSchemaText(): string {
  return `${JSON.stringify(desiredJsonSchema(), null, 2)}\n`;
}
