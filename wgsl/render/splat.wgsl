//! import render/light.wgsl
// Entities of a few pixels, written into a buffer with a word per pixel. The nearest wins, because
// its word is the largest: depth in the upper half, turned round, colour in the lower.

@group(1) @binding(7) var<storage, read_write> pixels: array<atomic<u32>>;

const MOST = 7;       // pixels a side

// Equal steps of the logarithm: 1/65535 of the octaves between near and far.
fn packed(depth: f32, color: vec3<f32>) -> u32 {
    let share = saturate((log2(depth) - frame.range.x) / frame.range.y);
    let c = vec3<u32>(saturate(color) * vec3(31.0, 63.0, 31.0) + 0.5);
    return (65535u - u32(share * 65534.0)) << 16u | c.r << 11u | c.g << 5u | c.b;
}

fn splat(centre: vec3<f32>, extent: vec3<f32>, hue: u32) {
    let clip = frame.view_projection * vec4(centre, 1.0);
    let scale = frame.eye.w / clip.w;  // pixels for a metre
    let half_size = 0.5 * scale * vec2(max(extent.x, extent.z), extent.y);
    let size = frame.picture.xy;
    let middle = (clip.xy / clip.w * vec2(0.5, -0.5) + 0.5) * size;
    let low = vec2<i32>(floor(middle - half_size + 0.5));
    let high = clamp(vec2<i32>(floor(middle + half_size + 0.5)), low + 1, low + MOST);
    // Lit like a side between the eye and the sun.
    let side = normalize(normalize(frame.eye.xyz - centre) + 0.7 * frame.sun.xyz);
    let color = shade(unpack4x8unorm(hue).rgb, side);
    let word = packed(clip.w, haze(color, distance(centre, frame.eye.xyz)));
    for (var y = max(low.y, 0); y < min(high.y, i32(size.y)); y++) {
        for (var x = max(low.x, 0); x < min(high.x, i32(size.x)); x++) {
            let at = u32(y) * u32(size.x) + u32(x);
            // Most of a dense crowd is hidden, and looking is cheaper than an atomic that loses.
            if (atomicLoad(&pixels[at]) < word) { atomicMax(&pixels[at], word); }
        }
    }
}
