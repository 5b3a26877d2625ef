import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compose, composeText, REPOSITORY } from './compose-file.ts';

const { postgres, migrate, countersign } = compose.services;
const dockerfile = readFileSync(join(REPOSITORY, 'Dockerfile'), 'utf8');
const instruction = (name: string) =>
  new RegExp(`^${name} (.*)$`, 'm').exec(dockerfile)?.[1] ?? `no ${name}`;

describe('compose.yaml', () => {
  test('has the database, one migration, and the broker', () => {
    expect(Object.keys(compose.services)).toEqual(['postgres', 'migrate', 'countersign']);
    expect(postgres.image).toMatch(/\/postgres:18$/);
    expect(migrate.image).toBe(countersign.image);
    expect([migrate.command, countersign.command]).toEqual([['migrate'], ['serve']]);
    expect(migrate.restart).toBe('no');
  });

  test.each(Object.entries(compose.services))('confines %s', (_, service) => {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.cap_add).toBeUndefined();
    expect(service.privileged).toBeUndefined();
    expect(service.network_mode).toBeUndefined();
    expect(service.volumes?.join(' ') ?? '').not.toMatch(/docker\.sock|^\/:/);
  });

  test('pins every image to a release', () => {
    for (const { image = '' } of Object.values(compose.services)) {
      expect(image).toMatch(/:\d/);
    }
  });

  test('lets nothing but the broker out of the network of the database', () => {
    expect(compose.networks['store']?.internal).toBe(true);
    expect(postgres.networks).toEqual(['store']);
    expect(migrate.networks).toEqual(['store']);
    expect(countersign.networks).toEqual(['store', 'outside']);
  });

  test('opens one port, on loopback', () => {
    expect(postgres.ports).toBeUndefined();
    expect(migrate.ports).toBeUndefined();
    expect(countersign.ports).toEqual(['127.0.0.1:7300:7300']);
    expect(instruction('EXPOSE')).toBe('7300');
  });

  test('starts in order', () => {
    expect(postgres.healthcheck?.test?.slice(0, 2)).toEqual(['CMD', 'pg_isready']);
    expect(migrate.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(countersign.depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
    });
    // The broker's check is the image's own.
    expect(countersign.healthcheck).toBeUndefined();
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\\\n {2}CMD \["node", /m);
  });

  test('mounts what the image expects, with its user', () => {
    expect(countersign.user).toBe(instruction('USER'));
    const [state] = JSON.parse(instruction('VOLUME')) as string[];
    expect(countersign.volumes).toContain(`state:${state}`);
    expect(compose.volumes).toHaveProperty('state');
    expect(postgres.volumes).toEqual(['store:/var/lib/postgresql']);
    for (const { file } of Object.values(compose.configs)) {
      expect(existsSync(join(REPOSITORY, file))).toBe(true);
    }
  });
});

describe('the secrets of compose.yaml', () => {
  test('come from files, each given only to who needs it', () => {
    expect(compose.secrets).toEqual(
      Object.fromEntries(
        Object.keys(compose.secrets).map((name) => [name, { file: `./secrets/${name}` }]),
      ),
    );
    expect(postgres.secrets).toEqual(['postgres_password', 'owner_password', 'runtime_password']);
    expect(countersign.secrets).toEqual(['database_url', 'master_key']);
    expect(migrate.secrets).toEqual(['migrate_database_url', 'database_url']);
  });

  test.each(Object.entries(compose.services))('reach %s through *_FILE only', (_, service) => {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (/PASSWORD|KEY|URL|SECRET|TOKEN/.test(name)) expect(name).toMatch(/_FILE$/);
      if (!name.endsWith('_FILE')) continue;
      expect(service.secrets).toContain(value.replace(/^\/run\/secrets\//, ''));
    }
  });

  test('have no default: what the file leaves open must be given', () => {
    const variables = composeText.match(/\$\{[^}]*\}/g) ?? [];
    expect(variables).not.toEqual([]);
    for (const variable of variables) expect(variable).toMatch(/^\$\{[A-Z_]+:\?/);
    expect(composeText).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@|HOST_AUTH_METHOD|\btrust\b/);
  });

  test('stay out of the repository and of the build', () => {
    const script = readFileSync(join(REPOSITORY, 'compose/create-roles.sql'), 'utf8');
    expect([...script.matchAll(/PASSWORD ([^;]+);/g)].map((match) => match[1])).toEqual([
      ":'owner_password'",
      ":'runtime_password'",
    ]);
    const ignored = readFileSync(join(REPOSITORY, '.dockerignore'), 'utf8').split('\n');
    const rules = ignored.filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    expect(rules.filter((rule) => rule.startsWith('!')).sort()).toEqual(
      [
        '!LICENSE',
        '!migrations',
        '!package-lock.json',
        '!package.json',
        '!src',
        '!tsconfig.build.json',
        '!vite.config.ts',
        '!tsconfig.json',
      ].sort(),
    );
    const untracked = readFileSync(join(REPOSITORY, '.gitignore'), 'utf8').split('\n');
    expect(untracked).toContain('/secrets/');
  });
});
