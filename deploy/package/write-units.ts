import { readFileSync, writeFileSync } from 'node:fs';
import { instanceName, instanceUnit, UNITS_WITH_INSTANCES } from './instance-unit.ts';

const fileOf = (name: string): URL => new URL(`../systemd/${name}`, import.meta.url);

for (const name of UNITS_WITH_INSTANCES) {
  writeFileSync(fileOf(instanceName(name)), instanceUnit(name, readFileSync(fileOf(name), 'utf8')));
}
