/** A REST reply with an explicit body, headers and status, for operations whose reply is not plain JSON. */
export class RawReply {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly status: number;
  constructor(body: string, headers: Record<string, string> = {}, status = 200) {
    this.body = body;
    this.headers = headers;
    this.status = status;
  }
}
