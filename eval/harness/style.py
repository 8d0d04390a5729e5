"""How the report looks: light and dark, from a phone's width up."""

CSS = """
:root{--bg:#fff;--ink:#1c1e21;--soft:#5d646d;--line:#dfe3e8;--card:#f6f7f9;--c0:#0b62a8;--c1:#b85c00;--c2:#0a7a4b;--c3:#8a3fa0;
--bad:#a3211b;--badbg:#fde9e7;--mid:#7a5200;--midbg:#fdf1d6;--good:#13653a;--goodbg:#e2f5e9}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--ink:#e7e9ec;--soft:#a3abb5;--line:#343a42;--card:#1d2025;--c0:#6db5f5;
--c1:#f2a65a;--c2:#5fd39b;--c3:#d79cf0;--bad:#ffb1aa;--badbg:#4a201d;--mid:#f5d38a;--midbg:#43340f;--good:#9be3b8;--goodbg:#17402a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:1120px;margin:auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2.2rem 0 .7rem}
h4{margin:.6rem 0 .2rem;font-size:.85rem;color:var(--soft)}
p{margin:.4rem 0}small,.note{color:var(--soft);font-size:.82rem}
.remark{background:var(--midbg);color:var(--mid);padding:.5rem .8rem;border-radius:6px}
.wide{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:.35rem .7rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:baseline}
td{white-space:nowrap}td.text{white-space:normal;overflow-wrap:anywhere}th:first-child{text-align:left;font-weight:500;min-width:9rem}
thead th{font-weight:600;color:var(--soft);border-bottom-width:2px}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));gap:1rem}
figure{margin:0;background:var(--card);border-radius:8px;padding:.8rem}figcaption{font-weight:600;font-size:.92rem;margin-bottom:.4rem}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:12px}
.grid{stroke:var(--line)}polyline{fill:none;stroke-width:2.2}.bar{stroke-width:1.6;opacity:.55}.dot{stroke:none}
.s0{stroke:var(--c0)}.s1{stroke:var(--c1);stroke-dasharray:7 3}
.s2{stroke:var(--c2);stroke-dasharray:2 3}.s3{stroke:var(--c3);stroke-dasharray:9 3 2 3}
.bar{stroke-dasharray:none}.key line{stroke-width:2.5}.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.4rem 0 0;padding:0;font-size:.85rem}
.legend .key{width:26px;display:inline-block;margin-right:.4rem;vertical-align:middle}
details{margin:.3rem 0}summary{cursor:pointer}.ids{font-size:.85rem;overflow-wrap:anywhere}a{color:var(--c0)}
.q{border:1px solid var(--line);border-radius:8px;padding:.45rem .7rem}.q[open]{background:var(--card)}
.q:target{outline:2px solid var(--c0)}
.sides{display:flex;flex-wrap:wrap;gap:0 1.5rem}.sides>div{flex:1 1 min(100%,260px)}.sides>div:first-child{flex-basis:100%}
.sides>div{min-width:0;overflow-wrap:anywhere}.answer{white-space:pre-wrap}
.turn{color:var(--soft);border-left:3px solid var(--line);padding-left:.6rem}
ul,ol{margin:.2rem 0;padding-left:1.4rem;font-size:.92rem}q{quotes:none}
[class^=v]{display:inline-block;border-radius:99px;padding:0 .6rem;font-size:.8rem;white-space:nowrap}
.v0,.v1,.v2,.v3{background:var(--badbg);color:var(--bad)}.v4{background:var(--midbg);color:var(--mid)}
.v5,.v6{background:var(--goodbg);color:var(--good)}.v7{background:var(--line);color:var(--soft)}
@media(max-width:560px){th,td{padding:.35rem .4rem}td small{display:block;line-height:1.2}th:first-child{min-width:6rem}}
.picks{display:flex;flex-wrap:wrap;gap:.4rem;margin-bottom:.8rem}.picks input{position:absolute;opacity:0}
.picks label{cursor:pointer;border-radius:99px;padding:.25rem .75rem;font-size:.85rem;border:1px solid var(--line)}
.picks input:checked+label{outline:2px solid currentColor}.picks input:focus-visible+label{outline:3px solid var(--c0)}
""" + "".join(
    f".questions:has(#pick-{shown}:checked) .q{hidden}" + "{display:none}"
    for shown in range(8)
    for hidden in range(8)
    if hidden != shown
)
