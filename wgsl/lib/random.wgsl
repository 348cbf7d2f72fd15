//! import lib/wide.wgsl
// Random numbers as a function of (seed, tick, entity id, stream): no state, so that neither
// thread order nor slot order can be seen in them.

/// A 128-bit hash: pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering",
/// JCGT 9(3), 2020. All arithmetic is modulo 2^32 by design.
fn pcg4d(key: vec4<u32>) -> vec4<u32> {
    var v = key * 1664525u + 1013904223u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    v ^= v >> vec4<u32>(16u);
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v;
}

/// Four independent u32 of a key. pcg4d alone would leave the lowest bits correlated between
/// neighbouring keys, so that the upper halves are folded into the lower ones; and what varies in z
/// alone reaches x late, so that the seed goes there, the constant of a run.
fn random4(seed: u32, tick: u32, id: u32, stream: u32) -> vec4<u32> {
    let v = pcg4d(vec4<u32>(id, tick, seed, stream));
    return v ^ (v >> vec4<u32>(16u));
}

/// r mapped to [0, n), each value with a probability within 2^-32 of 1 / n; 0 for n = 0.
fn random_below(r: u32, n: u32) -> u32 {
    return mul_high(r, n);
}

/// r mapped to [low, high), for low <= high; low where they are equal. Exact for every i32 pair.
fn random_range_q16(r: u32, low: i32, high: i32) -> i32 {
    return low + i32(random_below(r, u32(high) - u32(low)));
}
