//! The recogniser of characters, PP-OCRv6_rec_small, run by tract.
//!
//! It reads a picture 48 pixels high and says for every 8 columns how likely each class is to stand there. Plans are for
//! pictures of one width each: one for any width takes three times as long.
//! Source: the file's metadata and graph; PaddleOCR's `rec_image_shape`.

use std::{path::Path, sync::Arc};

use tract_onnx::{pb::ModelProto, prelude::*};

use super::raster::Picture;

/// The file, named as in the wheel that it comes from.
pub(super) const FILE: &str = "PP-OCRv6_rec_small.onnx";

/// Height of every picture.
pub(super) const HEIGHT: usize = 48;

/// A plan for pictures of one width.
pub(super) struct Plan(Arc<TypedRunnableModel>);

/// How likely each class is, step by step.
pub(super) struct Reading {
    likely: Vec<f32>,
    classes: usize,
}

impl Reading {
    #[cfg(test)]
    pub(super) fn new(likely: Vec<f32>, classes: usize) -> Self {
        Self { likely, classes }
    }

    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &[f32]> {
        self.likely.chunks_exact(self.classes)
    }
}

/// Reads the model's file.
///
/// # Errors
/// Where it isn't there or isn't ONNX.
pub(super) fn read(folder: &Path) -> TractResult<ModelProto> {
    onnx().proto_model_for_path(folder.join(FILE))
}

impl Plan {
    /// Makes a plan for pictures of a width.
    ///
    /// # Errors
    /// Where the model isn't one that reads such pictures.
    pub(super) fn new(proto: &ModelProto, width: usize) -> TractResult<Self> {
        // The shapes that the file states contradict its own symbols.
        let plan = onnx()
            .with_ignore_output_shapes(true)
            .with_ignore_value_info(true)
            .model_for_proto_model(proto)?
            .with_input_fact(0, f32::fact([1, 3, HEIGHT, width]).into())?
            .into_optimized()?
            .into_runnable()?;
        Ok(Self(plan))
    }

    /// Reads a picture of the plan's width.
    ///
    /// # Errors
    /// Where the picture has another size.
    pub(super) fn read(&self, picture: &Picture) -> TractResult<Reading> {
        // Three channels of the same grey.
        let input = picture.pixels.repeat(3);
        let input = Tensor::from_shape(&[1, 3, picture.height, picture.width], &input)?;
        let output = self.0.run(tvec!(input.into()))?;
        let view = output.first().ok_or_else(|| TractError::msg("no answer"))?.to_plain_array_view::<f32>()?;
        let classes = view.shape().last().copied().unwrap_or(0).max(1);
        let likely = view.as_slice().ok_or_else(|| TractError::msg("the answer is in pieces"))?.to_vec();
        Ok(Reading { likely, classes })
    }
}
