//! import render/frame.wgsl
// The background: one triangle over the whole picture, behind everything.

struct Fragment {
    @builtin(position) clip: vec4<f32>,
    @location(0) ray: vec3<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Fragment {
    let at = vec2(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0);
    let ray = frame.forward.xyz + at.x * frame.right.xyz + at.y * frame.up.xyz;
    return Fragment(vec4(at, 1.0, 1.0), ray);
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let height = saturate(in.ray.y / length(in.ray));
    return vec4(mix(frame.horizon.rgb, frame.sky.rgb, sqrt(height)), 1.0);
}
