/** The parts of an HTTP request that the protocols read. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** The body before decoding. */
  bytes: Buffer;
}

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}
