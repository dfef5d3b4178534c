import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../dev/paths.mjs';

const rooms = JSON.parse(readFileSync(path.join(root, 'dev/rooms.json'), 'utf8')) as Record<string, string[]>;
const page = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');

test('the page on architecture lists for each room what the lint lets it import', () => {
  const documented = [...page.matchAll(/^\| `([a-z-]+)\/` \| .+ \| (.+) \|$/gm)].map(([, room, imports = '']) => [
    room,
    [...imports.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
  ]);
  expect(Object.fromEntries(documented)).toEqual(rooms);
});

test('every folder with product code has a list', () => {
  const withoutCode = ['bench', 'deploy', 'dev', 'dist', 'docs', 'node_modules', 'test'];
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !withoutCode.includes(entry.name))
    .map(({ name }) => name);
  expect(folders.sort()).toEqual(Object.keys(rooms).sort());
});
