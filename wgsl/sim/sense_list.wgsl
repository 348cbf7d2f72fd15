//! import lib/root.wgsl
// The nearest eight seen so far, in registers: squared distances of 46 bits with entity indices.
const NOBODY = 0xffffffffu;

/// Four entries in ascending order of (high, low, index).
struct Four {
    high: vec4<u32>, // squared distance / 2^22, in units of 2^-32 m^2
    low: vec4<u32>,  // the rest
    index: vec4<u32>,
}

struct List {
    near: Four,
    far: Four,
}

fn nobody() -> Four {
    return Four(vec4<u32>(NOBODY), vec4<u32>(NOBODY), vec4<u32>(NOBODY));
}

/// |gap|^2 as (high, low), for gaps up to 2^22 along each axis: no partial sum passes 2^26.
fn square_of(gap: vec3<u32>) -> vec2<u32> {
    let a = gap >> vec3<u32>(11u);
    let b = gap & vec3<u32>(0x7ffu);
    let cross = 2u * (a.x * b.x + a.y * b.y + a.z * b.z);
    let low = b.x * b.x + b.y * b.y + b.z * b.z + ((cross & 0x7ffu) << 11u);
    return vec2<u32>(a.x * a.x + a.y * a.y + a.z * a.z + (cross >> 11u) + (low >> 22u), low & 0x3fffffu);
}

/// Which entries come after a new one.
fn after(four: Four, d2: vec2<u32>, index: u32) -> vec4<bool> {
    let high = vec4<u32>(d2.x);
    let low = vec4<u32>(d2.y);
    let rest = (low < four.low) | ((low == four.low) & (vec4<u32>(index) < four.index));
    return (high < four.high) | ((high == four.high) & rest);
}

/// Words where those that come after a new one move up, `last` from the four before.
fn moved(words: vec4<u32>, last: u32, word: u32, behind: vec4<bool>, before: vec4<bool>) -> vec4<u32> {
    return select(words, select(vec4<u32>(word), vec4<u32>(last, words.xyz), before), behind);
}

/// The list with a new entry, without its last one.
fn inserted(list: List, d2: vec2<u32>, index: u32) -> List {
    var out = list;
    let n = after(list.near, d2, index);
    let n_before = vec4<bool>(false, n.xyz);
    out.near.high = moved(list.near.high, 0u, d2.x, n, n_before);
    out.near.low = moved(list.near.low, 0u, d2.y, n, n_before);
    out.near.index = moved(list.near.index, 0u, index, n, n_before);
    if (SEEN <= 4) { return out; }
    let f = after(list.far, d2, index);
    let f_before = vec4<bool>(n.w, f.xyz);
    out.far.high = moved(list.far.high, list.near.high.w, d2.x, f, f_before);
    out.far.low = moved(list.far.low, list.near.low.w, d2.y, f, f_before);
    out.far.index = moved(list.far.index, list.near.index.w, index, f, f_before);
    return out;
}

/// Distance of an entry, the largest number for none.
fn distance_of(high: u32, low: u32, index: u32) -> i32 {
    if (index == NOBODY) { return 0x7fffffff; }
    return i32(isqrt_wide(vec2<u32>(low | (high << 22u), high >> 10u)));
}

fn distances(four: Four) -> vec4<i32> {
    return vec4<i32>(
        distance_of(four.high.x, four.low.x, four.index.x),
        distance_of(four.high.y, four.low.y, four.index.y),
        distance_of(four.high.z, four.low.z, four.index.z),
        distance_of(four.high.w, four.low.w, four.index.w),
    );
}

/// Those of four entries that are among the first SEEN, if they begin at place `first`.
fn kept(four: Four, first: u32) -> Four {
    let drop = vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u) >= vec4<u32>(SEEN);
    return Four(four.high, four.low, select(four.index, vec4<u32>(NOBODY), drop));
}
