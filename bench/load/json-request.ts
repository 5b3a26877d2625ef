/** One JSON request as bytes, for a {@link Connection}: what a client costs is not what is measured. */
export function jsonRequest(
  host: string,
  method: string,
  path: string,
  token: string,
  body: unknown,
): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
