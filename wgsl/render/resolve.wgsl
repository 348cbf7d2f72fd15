//! import render/frame.wgsl
// Puts the splats into the picture, at their depths.

@group(1) @binding(0) var<storage, read> pixels: array<u32>;

struct Fragment {
    @location(0) color: vec4<f32>,
    @builtin(frag_depth) depth: f32,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return vec4(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) at: vec4<f32>) -> Fragment {
    let word = pixels[u32(at.y) * u32(frame.picture.x) + u32(at.x)];
    if (word == 0u) { discard; }
    let share = f32(65535u - (word >> 16u)) / 65534.0;
    let depth = exp2(frame.range.x + share * frame.range.y);
    let color = vec3(f32(word >> 11u & 31u) / 31.0, f32(word >> 5u & 63u) / 63.0, f32(word & 31u) / 31.0);
    return Fragment(vec4(color, 1.0), saturate(frame.range.z + frame.range.w / depth));
}
