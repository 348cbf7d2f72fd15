// What every shader of a frame shares. Places are floats relative to `origin`, a point near the
// eye, so that a world of 65 km keeps its millimetres.

struct Frame {
    view_projection: mat4x4<f32>,
    planes: array<vec4<f32>, 6>,  // of the frustum, normals inwards
    eye: vec4<f32>,       // w: pixels for one radian in the middle of the picture
    sun: vec4<f32>,       // towards the light; w: weight of the newer of two ticks, 0 to 1
    right: vec4<f32>,     // half the picture's width at distance 1, as a vector
    up: vec4<f32>,        // the same for its height
    forward: vec4<f32>,
    sky: vec4<f32>,       // colour above
    horizon: vec4<f32>,   // colour in the distance; w: fog, 1/m
    ground: vec4<f32>,    // colour; w: height
    line: vec4<f32>,      // colour; w: grid cells per metre
    phase: vec4<f32>,     // xy: the origin's place in the grid, cells; z: 1 if there is a ground
    picture: vec4<f32>,   // xy: width and height, pixels; z: radius below which entities are splats
    range: vec4<f32>,     // log2 of near, log2 of far / near; depth is z + w / distance ahead
    origin: vec3<i32>,    // Q16.16
    slots: u32,
    drawn: u32,           // component mask that an entity needs to be drawn
    moving: u32,          // mask bit of Velocity, 0 if there is none
    remembered: u32,      // 1 if `previous` holds the positions of the tick before
    region: u32,          // slots between two meshes' lists of visible entities
}

struct Instance {
    position: vec3<f32>,
    facing: u32,          // sine and cosine of the turn around y, 16-bit snorm each
    size: vec3<f32>,
    color: u32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
