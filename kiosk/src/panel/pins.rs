//! The pins of a Raspberry Pi.

use rppal::gpio::{Gpio, OutputPin};

use super::{Outputs, Panel};

/// Lamp and buzzer on GPIO pins, both active high.
pub struct RaspberryPi {
    lamp: Option<OutputPin>,
    buzzer: Option<OutputPin>,
}

impl RaspberryPi {
    /// Takes the pins by their BCM numbers.
    ///
    /// # Errors
    /// This machine is no Raspberry Pi that `rppal` knows, or somebody else has a pin.
    pub fn take(lamp: Option<u8>, buzzer: Option<u8>) -> Result<Self, rppal::gpio::Error> {
        let gpio = Gpio::new()?;
        let pin = |number: Option<u8>| number.map(|n| gpio.get(n).map(rppal::gpio::Pin::into_output_low)).transpose();
        Ok(Self { lamp: pin(lamp)?, buzzer: pin(buzzer)? })
    }
}

impl Panel for RaspberryPi {
    fn switch(&mut self, outputs: Outputs) {
        for (pin, on) in [(&mut self.lamp, outputs.lamp), (&mut self.buzzer, outputs.buzzer)] {
            if let Some(pin) = pin {
                pin.write(on.into());
            }
        }
    }
}
