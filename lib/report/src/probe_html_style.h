#pragma once

#include <string_view>

namespace envlock::report {

/// The style sheet of html_probe. Colors of curves are those of Okabe and Ito, which people with color blindness can
/// tell apart; what differs is also ringed, counted or marked with a sign.
inline constexpr std::string_view kProbeStyle = R"css(
:root {
  color-scheme: light dark;
  --bg: #ffffff; --fg: #1b1f24; --dim: #59636e; --line: #d9dee3; --card: #f6f8fa;
  --same: #d3e4f3; --grid: #ffffff; --diff: #d9480f; --ok: #1a7f37; --bad: #cf222e; --warn: #9a6700;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #b38600; --c5: #56b4e9; --c6: #7b52ab; --c7: #5f6a75;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #111418; --fg: #e4e8ec; --dim: #97a1ab; --line: #2c333a; --card: #191e24;
    --same: #1d3346; --grid: #111418; --diff: #ff7b3d; --ok: #3fb950; --bad: #ff6b63; --warn: #d29922;
    --c0: #58aee6; --c1: #ff9a4d; --c2: #35c997; --c3: #e59ac6; --c4: #e3b341; --c5: #8ecdf5; --c6: #b394e6; --c7: #a3adb8;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 36px 0 4px; }
p { margin: 4px 0 10px; max-width: 78ch; }
.dim, footer { color: var(--dim); }
code, pre, .mono { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12.5px; }
.card { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--dim); border-radius: 6px;
  padding: 12px 16px; margin: 12px 0; }
.card.ok { border-left-color: var(--ok); } .card.bad { border-left-color: var(--bad); } .card.warn { border-left-color: var(--warn); }
.card b { font-size: 16px; }
.root { overflow-wrap: anywhere; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 10px; padding: 0 8px; font-size: 12px; font-weight: 600; }
.badge.ok { color: var(--ok); } .badge.bad { color: var(--bad); } .badge.warn { color: var(--warn); }
pre { margin: 10px 0 0; overflow-x: auto; white-space: pre; line-height: 1.45; }
figure { margin: 10px 0 0; }
figcaption { color: var(--dim); font-size: 13px; margin: 2px 0 6px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--dim); font-size: 11px; font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
.axis { stroke: var(--dim); stroke-width: 1; } .grid { stroke: var(--line); stroke-width: 1; }
.curve { fill: none; stroke-linejoin: round; stroke-linecap: round; }
path.c0 { stroke: var(--c0); } path.c1 { stroke: var(--c1); } path.c2 { stroke: var(--c2); } path.c3 { stroke: var(--c3); }
path.c4 { stroke: var(--c4); } path.c5 { stroke: var(--c5); } path.c6 { stroke: var(--c6); } path.c7 { stroke: var(--c7); }
circle.c0, .key.c0 { fill: var(--c0); background: var(--c0); } circle.c1, .key.c1 { fill: var(--c1); background: var(--c1); }
circle.c2, .key.c2 { fill: var(--c2); background: var(--c2); } circle.c3, .key.c3 { fill: var(--c3); background: var(--c3); }
circle.c4, .key.c4 { fill: var(--c4); background: var(--c4); } circle.c5, .key.c5 { fill: var(--c5); background: var(--c5); }
circle.c6, .key.c6 { fill: var(--c6); background: var(--c6); } circle.c7, .key.c7 { fill: var(--c7); background: var(--c7); }
.dot { opacity: 0; } .dot:hover { opacity: 1; }
.same { fill: var(--same); } .diff { fill: var(--diff); } .hover { fill: transparent; } .hover:hover { fill: var(--line); }
.cellgrid { stroke: var(--grid); stroke-width: 1; fill: none; }
.band { fill: var(--line); opacity: .75; } .band.odd { opacity: .4; }
svg .callout { fill: var(--fg); font-size: 12px; font-weight: 600; stroke: var(--bg); stroke-width: 3px; paint-order: stroke; }
.ring { fill: none; stroke: var(--fg); stroke-width: 1.8; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; margin: 2px 0 4px; padding: 0; list-style: none; }
.key { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: middle; }
.key.same, .key.diff { width: 11px; height: 11px; } .key.same { background: var(--same); } .key.diff { background: var(--diff); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } tbody th { font-weight: 400; color: var(--dim); white-space: nowrap; }
tr.differs td { font-weight: 600; } tr.differs th::after { content: "  \2260"; color: var(--diff); font-weight: 700; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 12px; font-size: 13px; }
)css";

}  // namespace envlock::report
