/** Selectors as Felix hashes them (libcalico-go/lib/selector/parser), and what a rule's end or a policy means together with its namespace. */
import { describe, expect, test } from "vitest";
import {
  endSelector,
  normalSelector,
  setSelectors,
  subjectSelector,
} from "../../../../src/kube/calico/selector-text.ts";

test.each([
  ["", "all()"],
  ["role=='web'", 'role == "web"'],
  ["a == 'x\"y'", "a == 'x\"y'"],
  ["a in { 'z', \"b\", 'b' }", 'a in {"b", "z"}'],
  ["a not in{'x'}", 'a not in {"x"}'],
  ["!has(a)||b!='c'&&all()", '(!has(a) || (b != "c" && all()))'],
  ["((a == 'b'))", 'a == "b"'],
  [
    "a starts with 'x' && a ends with 'y' && a contains 'z'",
    '(a starts with "x" && a ends with "y" && a contains "z")',
  ],
])("%s is %s", (text, normal) => expect(normalSelector(text)).toBe(normal));

describe("the end of a rule", () => {
  test.each([
    [{}, undefined, undefined],
    [{}, "shop", undefined],
    [{ selector: "a == 'b'" }, undefined, "a == 'b'"],
    [{ selector: "a == 'b'" }, "shop", "(projectcalico.org/namespace == 'shop') && (a == 'b')"],
    [{ notSelector: "a == 'b'" }, "shop", "projectcalico.org/namespace == 'shop'"],
    [{ namespaceSelector: "all()" }, "shop", "has(projectcalico.org/namespace)"],
    [{ namespaceSelector: "global()", selector: "has(x)" }, "shop", "(!has(projectcalico.org/namespace)) && (has(x))"],
    [{ namespaceSelector: "env == 'prod'" }, undefined, 'pcns.env == "prod"'],
    [
      { serviceAccounts: { names: ["b", "a"], selector: "duty == 'x'" }, selector: "has(y)" },
      "shop",
      '(projectcalico.org/namespace == \'shop\') && (((pcsa.duty == "x") && (projectcalico.org/serviceaccount in {"a", "b"})) && (has(y)))',
    ],
  ])("%j in %s", (fields, namespace, text) => expect(endSelector(fields, namespace)).toBe(text));

  test("what is not selected narrows what is", () => {
    expect(setSelectors({ selector: "has(a)", notSelector: "has(b)" })).toEqual({
      positive: "(has(a)) && (!(has(b)))",
    });
    expect(setSelectors({ notSelector: "has(b)" })).toEqual({ negative: "has(b)" });
  });
});

test.each([
  [{ selector: "a == 'b'" }, "shop", "(a == 'b') && projectcalico.org/namespace == 'shop'"],
  [{}, "shop", "projectcalico.org/namespace == 'shop'"],
  [{ serviceAccountSelector: "x == 'y'" }, "shop", "(projectcalico.org/namespace == 'shop') && pcsa.x == \"y\""],
  [{ namespaceSelector: "all()" }, undefined, "has(projectcalico.org/namespace)"],
  [{ selector: "has(a)", namespaceSelector: "has(b)" }, undefined, "(has(a)) && has(pcns.b)"],
  [{}, undefined, ""],
])("a policy concerns %j in %s", (fields, namespace, text) => expect(subjectSelector(fields, namespace)).toBe(text));
