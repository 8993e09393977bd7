/**
 * The tcp probe: open means that the handshake was completed and not reset. A small HTTP request over the connection
 * makes a built-in server identify itself; any other server counts as open by the connection alone.
 */
import { splitHostPort } from "../../net/host-port.ts";
import { CLIENT_HEADER, HOSTNAME_HEADER, SERVER_HEADER } from "../serve/answer.ts";
import type { AttemptResult } from "./attempt.ts";
import type { Dialogue } from "./dialogue.ts";

const REQUEST = Buffer.from("GET /hostname HTTP/1.1\r\nHost: k8snet-lab\r\n\r\n");
const HOSTNAME = `\r\n${HOSTNAME_HEADER}: `;
const CLIENT = `\r\n${CLIENT_HEADER}: `;
const SERVER = `\r\n${SERVER_HEADER}: `;
/** A server that waits for more than this request, or speaks another protocol, has had its chance after this. */
const PATIENCE_MS = 300;
const HEAD_LIMIT = 4096;

export class TcpDialogue implements Dialogue {
  readonly request = REQUEST;
  readonly patience: number;
  #head = "";

  constructor(patience: number = PATIENCE_MS) {
    this.patience = patience;
  }

  take(bytes: Buffer): AttemptResult | undefined {
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end >= 0 || this.#head.length > HEAD_LIMIT || !this.#head.startsWith("HTTP/".slice(0, this.#head.length))) {
      return this.#finding(end);
    }
    return undefined;
  }

  end(): AttemptResult {
    return { outcome: "open" };
  }

  silence(): AttemptResult {
    return { outcome: "open" };
  }

  #finding(end: number): AttemptResult {
    const hostname = end < 0 ? undefined : field(this.#head, HOSTNAME);
    if (hostname === undefined) return { outcome: "open" };
    const client = field(this.#head, CLIENT);
    const sourceIP = client === undefined ? undefined : splitHostPort(client).address;
    return { outcome: "open", hostname, sourceIP, server: field(this.#head, SERVER) };
  }
}

function field(head: string, name: string): string | undefined {
  const at = head.indexOf(name);
  return at < 0 ? undefined : head.slice(at + name.length, head.indexOf("\r\n", at + name.length));
}
