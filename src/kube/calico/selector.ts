/**
 * Calico's selectors: `role == "web" && !has(canary)` (projectcalico/calico 87c15906, libcalico-go/lib/selector/tokenizer/tokenizer.go
 * and parser/parser.go). What they refuse is refused in the same words, with the place within the text.
 */
import { SelectorError, tokenize } from "./selector-tokens.ts";
import type { Comparison, Token, TokenKind } from "./selector-tokens.ts";

export type Labels = Readonly<Record<string, string>>;

/** Operators between a label and a string. */
const COMPARE = {
  Eq: (own: string | undefined, value: string) => own === value,
  // A label that is not there differs from everything.
  Ne: (own: string | undefined, value: string) => own !== value,
  Contains: (own: string | undefined, value: string) => own?.includes(value) === true,
  StartsWith: (own: string | undefined, value: string) => own?.startsWith(value) === true,
  EndsWith: (own: string | undefined, value: string) => own?.endsWith(value) === true,
} as const satisfies Record<Comparison, (own: string | undefined, value: string) => boolean>;

export type SelectorNode =
  | { readonly kind: "all" | "global" }
  | { readonly kind: "has"; readonly label: string }
  | { readonly kind: "not"; readonly node: SelectorNode }
  | { readonly kind: "and" | "or"; readonly nodes: readonly SelectorNode[] }
  | { readonly kind: "compare"; readonly label: string; readonly operator: Comparison; readonly value: string }
  | { readonly kind: "in" | "notIn"; readonly label: string; readonly values: readonly string[] };

const shown = ({ kind, value }: Token): string => `Tok${kind}(${value})`;

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  root(): SelectorNode {
    if (this.#peek().kind === "EOF") return { kind: "all" };
    const node = this.#list("or", "Or", () => this.#list("and", "And", () => this.#operation()));
    const rest = this.#tokens.slice(this.#at);
    if (rest.length > 1)
      throw new SelectorError(`unexpected content at end of selector [${rest.map(shown).join(" ")}]`, this.#peek().at);
    return node;
  }

  #peek(ahead = 0): Token {
    const found = this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1);
    if (found === undefined) throw new TypeError("no tokens");
    return found;
  }

  #list(kind: "and" | "or", between: TokenKind, one: () => SelectorNode): SelectorNode {
    const first = one();
    const nodes = [first];
    while (this.#peek().kind === between) {
      this.#at++;
      nodes.push(one());
    }
    return nodes.length === 1 ? first : { kind, nodes };
  }

  #operation(): SelectorNode {
    let negated = false;
    for (; this.#peek().kind === "Not"; this.#at++) negated = !negated;
    const node = this.#term();
    return negated ? { kind: "not", node } : node;
  }

  #term(): SelectorNode {
    const token = this.#peek();
    switch (token.kind) {
      case "Has":
        this.#at++;
        return { kind: "has", label: token.value };
      case "All":
        this.#at++;
        return { kind: "all" };
      case "Global":
        this.#at++;
        return { kind: "global" };
      case "Label":
        return this.#comparison(token);
      case "LParen": {
        this.#at++;
        const node = this.#list("or", "Or", () => this.#list("and", "And", () => this.#operation()));
        if (this.#peek().kind !== "RParen") throw new SelectorError("expected )", this.#peek().at);
        this.#at++;
        return node;
      }
      default:
        throw new SelectorError(`unexpected token: ${shown(token)}`, token.at);
    }
  }

  #comparison({ value: label }: Token): SelectorNode {
    const [operator, operand] = [this.#peek(1), this.#peek(2)];
    if (this.#at + 3 > this.#tokens.length)
      throw new SelectorError("unexpected end of string looking for op", operator.at);
    this.#at += 2;
    if (operator.kind in COMPARE) {
      if (operand.kind !== "StringLiteral") throw new SelectorError("expected string", operand.at);
      this.#at++;
      return { kind: "compare", label, operator: operator.kind as Comparison, value: operand.value };
    }
    if (operator.kind !== "In" && operator.kind !== "NotIn")
      throw new SelectorError(`expected == or != not: ${shown(operator)}`, operator.at);
    if (operand.kind !== "LBrace") throw new SelectorError("expected set literal", operand.at);
    this.#at++;
    const values: string[] = [];
    while (this.#peek().kind === "StringLiteral") {
      values.push(this.#peek().value);
      this.#at++;
      if (this.#peek().kind !== "Comma") break;
      this.#at++;
    }
    if (this.#peek().kind !== "RBrace") throw new SelectorError("expected }", this.#peek().at);
    this.#at++;
    return { kind: operator.kind === "In" ? "in" : "notIn", label, values };
  }
}

/** Throws SelectorError. An empty text selects all. */
export function parseSelector(text: string): SelectorNode {
  return new Parser(tokenize(text)).root();
}

export function selects(node: SelectorNode, labels: Labels): boolean {
  const own = (label: string): string | undefined => (Object.hasOwn(labels, label) ? labels[label] : undefined);
  switch (node.kind) {
    case "all":
    case "global":
      return true;
    case "has":
      return own(node.label) !== undefined;
    case "not":
      return !selects(node.node, labels);
    case "and":
      return node.nodes.every((one) => selects(one, labels));
    case "or":
      return node.nodes.some((one) => selects(one, labels));
    case "compare":
      return COMPARE[node.operator](own(node.label), node.value);
    case "in":
    case "notIn": {
      const value = own(node.label);
      return (value !== undefined && node.values.includes(value)) === (node.kind === "in");
    }
  }
}
