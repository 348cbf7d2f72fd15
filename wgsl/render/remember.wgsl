// Keeps the positions of the tick before, between which and the new ones frames are drawn.

fn each(index: u32) {
    previous_position[index].xyz = position[index].xyz;
}
