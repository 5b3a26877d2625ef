import type { IncomingMessage } from 'node:http';
import { httpError, invalidRequest } from '../domain/errors.ts';
import { readStrictJson } from '../domain/strict-json.ts';
import { parseForm } from './form.ts';

const FORM_LIMIT = 32 * 1024;
export const JSON_LIMIT = 64 * 1024;

/** The whole body as text, or a refusal; encodings and oversize are refused, never cut. */
async function readBody(request: IncomingMessage, limit: number): Promise<string> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw httpError('unsupported_media_type', 'Send the body without a content encoding.');
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const body = await collect(request, limit);
  const text = body.toString('utf8');
  if (text.includes('\uFFFD') && !Buffer.from(text, 'utf8').equals(body)) {
    throw invalidRequest('The body is not valid UTF-8.');
  }
  return text;
}

/** By events: an async iterator costs more than the rest of reading a form. */
function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        reject(tooLarge(limit));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    request.on('error', () => reject(invalidRequest('The body ended early.')));
    request.on('close', () => {
      if (!request.complete) reject(invalidRequest('The body ended early.'));
    });
  });
}

function tooLarge(limit: number) {
  return httpError('payload_too_large', `The body is larger than ${limit} bytes.`);
}

/** `application/json` and nothing else; duplicate members and odd numbers are refused. */
export async function readJson(request: IncomingMessage, limit = JSON_LIMIT): Promise<unknown> {
  if (mediaType(request) !== 'application/json') {
    throw httpError('unsupported_media_type', 'Send Content-Type: application/json.');
  }
  const read = readStrictJson(await readBody(request, limit));
  if ('problem' in read) throw invalidRequest(`The body is not clean JSON: ${read.problem}.`);
  return read.value;
}

/** The body of a form request, its parameters by name (see {@link parseForm}). */
export async function readForm(request: IncomingMessage): Promise<Map<string, string>> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    throw httpError(
      'unsupported_media_type',
      'Send Content-Type: application/x-www-form-urlencoded.',
    );
  }
  return parseForm(await readBody(request, FORM_LIMIT));
}

function mediaType(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase();
}
