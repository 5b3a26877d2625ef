import { z } from 'zod';
import type { Route } from '../contract/route.ts';
import { ROUTES } from '../contract/routes.ts';
import { Problem } from '../contract/schemas/base.ts';

/** OpenAPI 3.1 of the JSON API, made from the one table of routes. */
export function createOpenApi(issuer: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replaceAll(/[:*]([a-z]+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(operationId, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '0.1.0',
      description: 'Credential broker for AI agents. Times are RFC 3339, errors RFC 9457.',
    },
    servers: [{ url: issuer }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: jsonSchema(Problem, 'output') },
    },
  };
}

function operationOf(operationId: string, route: Route): Record<string, unknown> {
  const names = [...route.path.matchAll(/[:*]([a-z]+)/g)].map((match) => match[1]);
  const inPath = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId,
    summary: route.summary,
    tags: [route.path.split('/')[2]],
    parameters: [...inPath, ...queryParameters(route), ...idempotencyParameter(route)],
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(route.body, 'input') } },
          },
        }
      : {}),
    responses: {
      [route.status]: successOf(route),
      ...(route.awaits ? { 202: { ...successOf(route), description: 'Waits for approval' } } : {}),
      default: {
        description: 'Refused',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
}

function successOf(route: Route): Record<string, unknown> {
  if (route.produces) return { description: 'OK', content: { [route.produces]: {} } };
  if (!route.response) return { description: 'Done' };
  const schema = jsonSchema(route.response, 'output');
  return { description: 'OK', content: { 'application/json': { schema } } };
}

function queryParameters(route: Route): Record<string, unknown>[] {
  if (!route.query) return [];
  const schema = jsonSchema(route.query, 'input') as {
    properties?: Record<string, unknown>;
  };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: false,
    schema: property,
  }));
}

function idempotencyParameter(route: Route): Record<string, unknown>[] {
  if (!route.idempotent) return [];
  return [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' } }];
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _version, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
