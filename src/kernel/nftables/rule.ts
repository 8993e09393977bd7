/** A rule in the syntax of nft(8), as the expressions that nft would send. */
import { isIP } from "node:net";
import { ipBytes } from "../address.ts";
import { NFPROTO } from "./constants.ts";
import { DATA_TYPES, hostWord } from "./data-type.ts";
import * as expressions from "./expressions.ts";
import type { Expression } from "./expressions.ts";
import { addressField, match } from "./match.ts";
import type { AnonymousSet } from "./set.ts";
import { Unsupported, Words } from "./words.ts";

export interface CompiledRule {
  readonly expressions: readonly Expression[];
  /** To be created before the rule. */
  readonly sets: readonly AnonymousSet[];
  readonly comment: string | undefined;
}

export type RuleFamily = "ipv4" | "ipv6";

const PORT_UNREACHABLE = { ipv4: 3, ipv6: 4 } as const;

/** `mark set mark or 0x4000`, `mark set mark xor 0x4000`: the words after `set`. */
function setMark(words: Words): readonly Expression[] {
  words.expect("mark");
  const how = words.next();
  const value = words.number();
  if (how !== "or" && how !== "xor") throw new Unsupported(how);
  const register = 1;
  const { MARK } = expressions.META_KEY;
  return [
    expressions.metaLoad(MARK, register),
    expressions.bitwise(register, hostWord(how === "or" ? ~value : -1), hostWord(value)),
    expressions.metaSet(MARK, register),
  ];
}

/** `to 10.244.1.3:80`, `to [fd00::3]:80`. */
function translate(words: Words, family: RuleFamily): readonly Expression[] {
  words.expect("to");
  const target = words.next();
  const [, six, four, portText = ""] = /^(?:\[(.+)\]|([\d.]+)):(\d+)$/.exec(target) ?? [];
  const address = six ?? four ?? "";
  const port = DATA_TYPES.inet_service.encode(portText);
  if (isIP(address) !== (family === "ipv4" ? 4 : 6) || port === undefined) throw new Unsupported(target);
  const [addressRegister, portRegister] = [1, 2];
  return [
    expressions.immediate(addressRegister, ipBytes(address)),
    expressions.immediate(portRegister, port),
    expressions.destinationNat(NFPROTO[family], addressRegister, portRegister),
  ];
}

/** `@set { ip saddr }`. */
function update(words: Words): readonly Expression[] {
  const set = words.next();
  words.expect("{");
  const version = words.next();
  if (!set.startsWith("@") || (version !== "ip" && version !== "ip6")) throw new Unsupported(`update ${set}`);
  const { load } = addressField(version, words.next());
  words.expect("}");
  return [...load(1), expressions.updateSet({ name: set.slice(1) }, 1)];
}

function statement(word: string, words: Words, family: RuleFamily): readonly Expression[] | undefined {
  if (word === "reject") return [expressions.rejectWith(PORT_UNREACHABLE[family])];
  if (word === "dnat") return translate(words, family);
  if (word === "update") return update(words);
  if (word === "mark" && words.take("set")) return setMark(words);
  if (word === "masquerade") {
    words.expect("fully-random");
    return [expressions.masqueradeFullyRandom()];
  }
  const verdict = expressions.verdictOf(word, word === "jump" || word === "goto" ? words.next() : undefined);
  return verdict === undefined ? undefined : [expressions.verdictNow(verdict)];
}

/** Undefined when part of it is not supported here: then nft(8) has to be used. */
export function compileRule(text: string, family: RuleFamily): CompiledRule | undefined {
  const [, said = text, comment] = /^(.+) comment "([^"]*)"$/.exec(text) ?? [];
  const words = new Words(said);
  const all: Expression[] = [];
  const sets: AnonymousSet[] = [];
  try {
    while (!words.done) {
      const word = words.next();
      const stated = statement(word, words, family);
      if (stated !== undefined) {
        all.push(...stated);
        continue;
      }
      const matched = match(word, words);
      all.push(...matched.expressions);
      sets.push(...matched.sets);
    }
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
  return { expressions: all, sets, comment };
}
