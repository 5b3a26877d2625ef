/** A sentence without a full stop that says why a target is not to be called. */
export type Problem = { readonly problem: string };

/** An https URL, or an http URL whose host and port the deployment lists; no credentials in it. */
export function parseTarget(text: string, allow: readonly string[]): URL | Problem {
  if (!URL.canParse(text)) return { problem: 'not a URL' };
  const url = new URL(text);
  if (url.username + url.password !== '') return { problem: 'a URL may not carry credentials' };
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isNamed(url, allow))) return url;
  return {
    problem: 'not an https URL, or its host and port are not in COUNTERSIGN_NETWORK_ALLOW',
  };
}

/** Is exactly this host and port named by the deployment? */
export function isNamed(url: URL, allow: readonly string[]): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return allow.includes(`${url.hostname}:${port}`);
}
