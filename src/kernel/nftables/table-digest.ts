/**
 * What a table is like, in one digest for each of its objects: enough to see that something has changed. Rules are
 * identified by their handles, which are new with each change, and by their expressions, without packet counters. Sets
 * without a name are part of a rule and cannot change without it.
 */
import { hash } from "node:crypto";
import { eachAttribute, readString } from "../netlink/attribute.ts";
import { Message } from "../netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../netlink/netfilter.ts";
import { NetlinkError, type NetlinkSocket } from "../netlink/socket.ts";
import type { NetnsHandle } from "../netns.ts";
import {
  NFNL_SUBSYS_NFTABLES,
  NFPROTO,
  NFT_MSG,
  NFT_SET,
  NFTA_CHAIN,
  NFTA_EXPR,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
} from "./constants.ts";

export interface TableName {
  readonly family: keyof typeof NFPROTO;
  readonly table: string;
}

const COUNTER = Buffer.from("counter\0");

function request(message: number, { family }: TableName): Message {
  return new Message((NFNL_SUBSYS_NFTABLES << 8) | message, 0, NFGENMSG).bodyU8(0, NFPROTO[family]);
}

/** Bytes that a digest is made of, in the order in which they come. */
class Gathered {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  add(buffer: Uint8Array, start: number, end: number): void {
    if (this.#length + end - start > this.#bytes.length) {
      const bigger = Buffer.allocUnsafe((this.#length + end - start) * 2);
      this.#bytes.copy(bigger, 0, 0, this.#length);
      this.#bytes = bigger;
    }
    this.#bytes.set(buffer.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  digest(): string {
    const digest = hash("sha1", this.#bytes.subarray(0, this.#length), "base64");
    this.#length = 0;
    return digest;
  }
}

/** All of a rule's expressions, of counters only their presence. */
function addExpressions(gathered: Gathered, buffer: Buffer, from: number, to: number): void {
  eachAttribute(buffer, from, to, (_, start, end) => {
    eachAttribute(buffer, start, end, (type, first, last) => {
      if (type === NFTA_EXPR.DATA && buffer.subarray(start + 4, start + 4 + COUNTER.length).equals(COUNTER)) return;
      gathered.add(buffer, first, last);
    });
  });
}

class Reader {
  readonly #socket: NetlinkSocket;
  readonly #name: TableName;
  readonly #objects: Record<string, readonly string[]> = {};
  readonly #gathered = new Gathered();

  constructor(socket: NetlinkSocket, name: TableName) {
    this.#socket = socket;
    this.#name = name;
  }

  async read(): Promise<Record<string, readonly string[]> | undefined> {
    const table = request(NFT_MSG.GETTABLE, this.#name).string(NFTA_TABLE.NAME, this.#name.table);
    const handle = this.#socket.get(table, (buffer, start, end) => {
      let found = "";
      eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
        if (type === NFTA_TABLE.HANDLE) found = buffer.toString("hex", first, last);
      });
      return found;
    });
    if (handle === undefined) return undefined;
    await this.#chains();
    await this.#rules(handle);
    await this.#sets();
    return this.#objects;
  }

  async #chains(): Promise<void> {
    await this.#socket.dumpInSlices(request(NFT_MSG.GETCHAIN, this.#name), (buffer, start, end) => {
      const names = { table: "", chain: "" };
      eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
        if (type === NFTA_CHAIN.TABLE) names.table = readString(buffer, first, last);
        if (type === NFTA_CHAIN.NAME) names.chain = readString(buffer, first, last);
      });
      if (names.table === this.#name.table) this.#objects[`chain ${names.chain}`] = [];
      return undefined;
    });
  }

  /** They arrive chain by chain. */
  async #rules(tableHandle: string): Promise<void> {
    let current: string | undefined;
    const prefix = Buffer.from(tableHandle);
    const finish = (): void => {
      if (current !== undefined) this.#objects[`chain ${current}`] = [this.#gathered.digest()];
    };
    const rules = request(NFT_MSG.GETRULE, this.#name).string(NFTA_RULE.TABLE, this.#name.table);
    const again = (): void => {
      this.#gathered.digest();
      current = undefined;
    };
    await this.#socket.dumpInSlices(
      rules,
      (buffer, start, end) => {
        let table = "";
        let chain = "";
        eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
          if (type === NFTA_RULE.TABLE) table = readString(buffer, first, last);
          if (type === NFTA_RULE.CHAIN) chain = readString(buffer, first, last);
        });
        // Kernels that cannot filter return all tables.
        if (table !== this.#name.table) return undefined;
        if (chain !== current) {
          finish();
          current = chain;
          this.#gathered.add(prefix, 0, prefix.length);
        }
        eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
          if (type === NFTA_RULE.EXPRESSIONS) addExpressions(this.#gathered, buffer, first, last);
          else if (type === NFTA_RULE.HANDLE || type === NFTA_RULE.USERDATA) this.#gathered.add(buffer, first, last);
        });
        return undefined;
      },
      again,
    );
    finish();
  }

  async #sets(): Promise<void> {
    const sets = await this.#socket.dumpInSlices(
      request(NFT_MSG.GETSET, this.#name).string(NFTA_SET.TABLE, this.#name.table),
      (buffer, start, end) => {
        const set = { table: "", name: "", flags: 0 };
        eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
          if (type === NFTA_SET.TABLE) set.table = readString(buffer, first, last);
          if (type === NFTA_SET.NAME) set.name = readString(buffer, first, last);
          if (type === NFTA_SET.FLAGS) set.flags = buffer.readUInt32BE(first);
        });
        return set.table === this.#name.table && (set.flags & NFT_SET.ANONYMOUS) === 0 ? set : undefined;
      },
    );
    for (const { name, flags } of sets) {
      const kind = (flags & NFT_SET.MAP) === 0 ? "set" : "map";
      // Elements that rules add are not a change.
      const filled = (flags & (NFT_SET.EVAL | NFT_SET.TIMEOUT)) !== 0;
      this.#objects[`${kind} ${name}`] = filled ? [] : await this.#elements(name);
    }
  }

  /** The kernel has them in no order. */
  async #elements(set: string): Promise<readonly string[]> {
    const found = await this.#socket.dumpInSlices(
      request(NFT_MSG.GETSETELEM, this.#name)
        .string(NFTA_SET_ELEM_LIST.TABLE, this.#name.table)
        .string(NFTA_SET_ELEM_LIST.SET, set),
      (buffer, start, end) => {
        const elements: string[] = [];
        eachAttribute(buffer, start + NFGENMSG, end, (type, first, last) => {
          if (type === NFTA_SET_ELEM_LIST.ELEMENTS)
            eachAttribute(buffer, first, last, (_, from, to) => elements.push(buffer.toString("latin1", from, to)));
        });
        return elements;
      },
    );
    const elements = found.flat();
    return elements.length === 0 ? [] : [hash("sha1", elements.toSorted().join(""), "base64")];
  }
}

/** `chain NAME`, `set NAME`, `map NAME` → a digest; nothing for one that is empty. Undefined: no such table. */
export async function readTableDigest(
  netns: NetnsHandle,
  name: TableName,
): Promise<Record<string, readonly string[]> | undefined> {
  using socket = openNetfilter(netns);
  try {
    return await new Reader(socket, name).read();
  } catch (error) {
    // It went while it was read.
    if (error instanceof NetlinkError && error.code === "ENOENT") return undefined;
    throw error;
  }
}
