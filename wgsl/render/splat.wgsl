//! import render/light.wgsl
// Entities of a few pixels: one thread each, into a buffer with a word per pixel. The nearest wins,
// because its word is the largest: depth in the upper half, turned round, colour in the lower.

@group(1) @binding(0) var<storage, read> instance: array<Instance>;
@group(1) @binding(1) var<storage, read> visible: array<u32>;
@group(1) @binding(2) var<storage, read> draws: array<array<u32, 5>>;
@group(1) @binding(3) var<storage, read_write> pixels: array<atomic<u32>>;

const SPLAT = 7u;     // its place among the lists
const MOST = 7;       // pixels a side

// Equal steps of the logarithm: 1/65535 of the octaves between near and far.
fn packed(depth: f32, color: vec3<f32>) -> u32 {
    let share = saturate((log2(depth) - frame.range.x) / frame.range.y);
    let c = vec3<u32>(saturate(color) * vec3(31.0, 63.0, 31.0) + 0.5);
    return (65535u - u32(share * 65534.0)) << 16u | c.r << 11u | c.g << 5u | c.b;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * FOLD + group.x) * 64u + lane;
    if (index >= draws[SPLAT][1]) { return; }
    let one = instance[visible[SPLAT * frame.region + index]];
    let clip = frame.view_projection * vec4(one.position, 1.0);
    let scale = frame.eye.w / clip.w;  // pixels for a metre
    let half_size = 0.5 * scale * vec2(max(one.size.x, one.size.z), one.size.y);
    let size = frame.picture.xy;
    let middle = (clip.xy / clip.w * vec2(0.5, -0.5) + 0.5) * size;
    let low = vec2<i32>(floor(middle - half_size + 0.5));
    let high = clamp(vec2<i32>(floor(middle + half_size + 0.5)), low + 1, low + MOST);
    // Lit like a side between the eye and the sun.
    let side = normalize(normalize(frame.eye.xyz - one.position) + 0.7 * frame.sun.xyz);
    let color = shade(unpack4x8unorm(one.color).rgb, side);
    let word = packed(clip.w, haze(color, distance(one.position, frame.eye.xyz)));
    for (var y = max(low.y, 0); y < min(high.y, i32(size.y)); y++) {
        for (var x = max(low.x, 0); x < min(high.x, i32(size.x)); x++) {
            atomicMax(&pixels[u32(y) * u32(size.x) + u32(x)], word);
        }
    }
}
