//! import render/frame.wgsl
// Light and haze. Colours are those of the screen: the root of the light multiplies them, which is
// what lighting in linear space and a gamma of 2 come to.

const SUN = vec3<f32>(0.80, 0.76, 0.68);
const ABOVE = vec3<f32>(0.42, 0.47, 0.54);
const BELOW = vec3<f32>(0.24, 0.23, 0.22);

fn shade(color: vec3<f32>, normal: vec3<f32>) -> vec3<f32> {
    let sun = max(dot(normal, frame.sun.xyz), 0.0);
    return color * sqrt(mix(BELOW, ABOVE, 0.5 + 0.5 * normal.y) + sun * SUN);
}

// Light is taken away near the ground, where little of the sky is seen.
fn grounded(height: f32) -> f32 {
    return mix(1.0, 0.72 + 0.28 * saturate(2.0 * height), frame.phase.z);
}

fn haze(color: vec3<f32>, distance: f32) -> vec3<f32> {
    return mix(frame.horizon.rgb, color, exp2(-distance * frame.horizon.w));
}
