import type { ComponentChildren } from "preact";

type Place = { title: string; note?: ComponentChildren; children: ComponentChildren; isWide?: boolean };

export function Part({ title, note, children, isWide }: Place) {
  const id = `health-${title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
  return (
    <section class={isWide ? "card is-wide" : "card"} aria-labelledby={id}>
      <h2 id={id}>
        {title} {note && <span class="muted">{note}</span>}
      </h2>
      {children}
    </section>
  );
}

export function Pairs({ of }: { of: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="pairs">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Good({ children }: { children: ComponentChildren }) {
  return <p class="good-line">✓ {children}</p>;
}

export function Bad({ children }: { children: ComponentChildren }) {
  return <p class="bad">✕ {children}</p>;
}
