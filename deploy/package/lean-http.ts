import http from 'node:http';
import type { Plugin } from 'rolldown';

const MODULE = '\0lean-http';

/**
 * Bundles `node:http` without what it never gives us. An import of it makes Node read all exports of the module, and one
 * of them, WebSocket, brings in the whole of undici: 60 ms of 340 at each start of `streamctl` (measured with Node 24).
 * So the exports that are values are taken from the module itself, which loads nothing else.
 */
export const leanHttp: Plugin = {
  name: 'lean-http',
  resolveId: {
    filter: { id: /^(?:node:)?http$/ },
    handler: (_source, _importer, { kind }) => (kind === 'require-call' ? null : MODULE),
  },
  load: {
    filter: { id: /^\0lean-http$/ },
    handler: () =>
      `const http = process.getBuiltinModule('node:http');\nexport default http;\nexport const { ${valueNames()} } = http;\n`,
  },
};

const valueNames = (): string =>
  Object.entries(Object.getOwnPropertyDescriptors(http))
    .flatMap(([name, property]) => ('value' in property ? [name] : []))
    .join(', ');
