/**
 * Styles of one view, so that other views do not load them. The page's policy allows style sheets created by a script.
 */
export function adopt(rules: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
