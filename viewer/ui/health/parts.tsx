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

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** 1 MB is 1,000,000 bytes, as disks and file managers count. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
