#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('countersign is not built yet. In a checkout: npm start (or npm run build).');
  process.exitCode = 1;
}
