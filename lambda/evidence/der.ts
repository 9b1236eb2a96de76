/** Tags of elements. Source: ITU-T X.690. */
const [integer, objectIdentifier, sequence, version] = [0x02, 0x06, 0x30, 0xa0];

/**
 * Whether `head` can be the beginning of an X.509 certificate of `size` bytes. It must begin with `SEQUENCE { SEQUENCE {
 * [0] version OPTIONAL, INTEGER serial, SEQUENCE { OBJECT IDENTIFIER`, and the outer element must have `size` bytes.
 * Source: RFC 5280, section 4.1.
 */
export function mayBeCertificate(head: Buffer, size: number): boolean {
  const whole = elementAt(head, 0);
  const signed = elementAt(head, whole.content);
  const versionOrSerial = elementAt(head, signed.content);
  const serial = versionOrSerial.tag === version ? elementAt(head, versionOrSerial.end) : versionOrSerial;
  const algorithm = elementAt(head, serial.end);
  const tags = [whole.tag, signed.tag, serial.tag, algorithm.tag, head[algorithm.content]];
  const expected = [sequence, sequence, integer, sequence, objectIdentifier];
  const isBeyondHead = (tag: number | undefined) => tag === undefined && head.length < size;
  return whole.end === size && expected.every((tag, index) => tags[index] === tag || isBeyondHead(tags[index]));
}

/** The element at an offset: its tag, and the offsets of its content and of the next element. */
function elementAt(der: Buffer, at: number) {
  const lengthOctet = der[at + 1] ?? 0;
  const octets = lengthOctet < 0x80 ? 0 : lengthOctet - 0x80;
  const content = at + 2 + octets;
  const length =
    octets === 0 ? lengthOctet : der.subarray(at + 2, content).reduce((sum, octet) => 256 * sum + octet, 0);
  return { tag: der[at], content, end: content + length };
}
