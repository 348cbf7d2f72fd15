//! import render/light.wgsl
// Instances of meshes: scaled, turned around y, lit by sun and sky at the vertices, of which there
// are far fewer than pixels.

@group(1) @binding(0) var<storage, read> instance: array<Instance>;

struct Corner {
    @location(0) position: vec3<f32>,
    @location(1) normal: vec4<f32>,  // w: how much of the colour is a light tint
    @location(2) slot: u32,
}

struct Fragment {
    @builtin(position) clip: vec4<f32>,
    @location(0) color: vec3<f32>,
}

const TINT = vec3<f32>(0.99, 0.91, 0.82);

fn turn(v: vec3<f32>, facing: vec2<f32>) -> vec3<f32> {
    return vec3(v.x * facing.y + v.z * facing.x, v.y, v.z * facing.y - v.x * facing.x);
}

@vertex
fn vertex(corner: Corner) -> Fragment {
    let one = instance[corner.slot];
    let facing = unpack2x16snorm(one.facing);
    let at = one.position + turn(corner.position * one.size, facing);
    let normal = normalize(turn(corner.normal.xyz / max(one.size, vec3(1e-3)), facing));
    let color = mix(unpack4x8unorm(one.color).rgb, TINT, corner.normal.w);
    let lit = shade(color, normal) * grounded(at.y - frame.ground.w, normal);
    return Fragment(frame.view_projection * vec4(at, 1.0), haze(lit, distance(at, frame.eye.xyz)));
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    return vec4(in.color, 1.0);
}
