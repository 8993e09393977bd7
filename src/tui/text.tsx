/** Ink's Text for what an input may have written: the screen's one place where it is made fit to be shown. */
import { Text as InkText } from "ink";
import type { TextProps } from "ink";
import { Children } from "react";
import type { ReactNode } from "react";
import { printableLines } from "../printable.ts";

export function Text({ children, ...props }: TextProps): ReactNode {
  return (
    <InkText {...props}>
      {Children.map(children, (child) => (typeof child === "string" ? printableLines(child) : child))}
    </InkText>
  );
}
