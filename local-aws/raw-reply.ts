/** A reply of a REST service whose body is not the JSON of its members, or whose members are headers. */
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
