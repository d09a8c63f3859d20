import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { parseDesired } from '../../../../src/observe/desired/parse.ts';
import { desiredJsonSchema, desiredJsonSchemaText } from '../../../../src/observe/desired/schema/json-schema.ts';
import { DESIRED_KEYS } from '../../../../src/observe/desired/schema/keys.ts';

const read = (name: string): string => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8');

describe('desired.schema.json', () => {
  it('is what the schema in the code says', () => {
    expect(read('desired.schema.json'), 'out of step; regenerate it with: npm run schema').toBe(
      desiredJsonSchemaText(),
    );
  });

  it('describes every key with examples, and accepts no others', () => {
    const schema = JSON.parse(desiredJsonSchemaText()) as {
      additionalProperties: boolean;
      required: string[];
      properties: Record<string, { description?: string; examples?: unknown[] }>;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toEqual(['running', 'media', 'bitrate']);
    expect(Object.keys(schema.properties)).toEqual(DESIRED_KEYS);
    for (const property of Object.values(schema.properties)) {
      expect(property.description).toMatch(/\.$/);
      expect(property.examples?.length).toBeGreaterThan(0);
    }
  });

  it('has examples that the parser takes', () => {
    const schema = JSON.parse(desiredJsonSchemaText()) as { properties: Record<string, { examples: unknown[] }> };
    for (const [key, { examples }] of Object.entries(schema.properties)) {
      for (const example of examples) {
        const file = { running: true, media: 'm', bitrate: 3000, [key]: example };
        expect(parseDesired(Buffer.from(JSON.stringify(file))), JSON.stringify(file)).toMatchObject({ kind: 'ok' });
      }
    }
  });

  // Only what a JSON Schema can say; ranges of "60M", cron and time zones are the parser's.
  it.each([
    'running: true\nmedia: m\nbitrate: 3000k',
    'running: true\nmedia: [a, b]\nbitrate: 2.5M\nslate: null\nrecycle: null\nrecycle_pause: 90',
    'running: yes\nmedia: m\nbitrate: 3000k',
    'running: true\nmedia: [a, b/]\nbitrate: 3000k',
    'running: true\nmedia: []\nbitrate: 3000k',
    'running: true\nmedia: https://host/key\nbitrate: 3000k',
    'running: true\nmedia: m\nbitrate: 3000000',
    'running: true\nmedia: m\nbitrate: 3000k\nslate: slates/',
    'running: true\nmedia: m\nbitrate: 3000k\nfps: 0',
    'running: true\nmedia: m\nbitrate: 3000k\nencode: none',
    'running: true\nmedia: m\nbitrate: 3000k\nrecycle_pause: 5',
    'running: true\nmedia: m\nbitrate: 3000k\nfsp: 30',
    'media: m',
  ])('judges as the parser does: %j', (text) => {
    const editor = z.fromJSONSchema(desiredJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    expect(editor.safeParse(parseYaml(text)).success).toBe(parseDesired(Buffer.from(text)).kind === 'ok');
  });

  it('is named by the first line of the sample', () => {
    expect(read('desired.yaml').split('\n')[0]).toBe('# yaml-language-server: $schema=./desired.schema.json');
  });
});
