/** Ink's Text for text that may come from an input: the one place of the screen where it is made printable. */
import { Text as InkText, type TextProps } from "ink";
import { Children, type ReactNode } from "react";
import { printableLines } from "../printable.ts";

export function Text({ children, ...props }: TextProps): ReactNode {
  return (
    <InkText {...props}>
      {Children.map(children, (child) => (typeof child === "string" ? printableLines(child) : child))}
    </InkText>
  );
}
