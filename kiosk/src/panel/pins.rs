//! The pins of a Raspberry Pi.
//!
//! Outputs are active high. Contacts close to ground against the board's own pull-up: a button that is pressed and a
//! switch of a closed case read low, so that a wire that was cut is an open case.

use rppal::gpio::{Gpio, InputPin, OutputPin};

use super::{Contacts, Outputs, Panel};
use crate::config::Pins;

/// Everything that is connected.
pub struct RaspberryPi {
    help_lamp: Option<OutputPin>,
    slot_lamp: Option<OutputPin>,
    buzzer: Option<OutputPin>,
    backlight: Option<OutputPin>,
    help_button: Option<InputPin>,
    case_switch: Option<InputPin>,
}

impl RaspberryPi {
    /// Takes the pins by their BCM numbers; one that can't be had is named in the log and isn't there.
    ///
    /// # Errors
    /// This machine is no Raspberry Pi that `rppal` knows.
    pub fn take(pins: &Pins) -> Result<Self, rppal::gpio::Error> {
        let gpio = Gpio::new()?;
        let pin = |number: Option<u8>, what| {
            let number = number?;
            let taken = gpio.get(number);
            taken.inspect_err(|problem| tracing::error!(pin = number, %problem, "{what} can't be used")).ok()
        };
        let output = |number, what| pin(number, what).map(rppal::gpio::Pin::into_output_low);
        Ok(Self {
            help_lamp: output(pins.lamp, "the lamp"),
            slot_lamp: output(pins.slot_lamp, "the lamp at the slot"),
            buzzer: output(pins.buzzer, "the buzzer"),
            backlight: pin(pins.backlight, "the screen's light").map(rppal::gpio::Pin::into_output_high),
            help_button: pin(pins.help_button, "the help button").map(rppal::gpio::Pin::into_input_pullup),
            case_switch: pin(pins.case_switch, "the switch of the case").map(rppal::gpio::Pin::into_input_pullup),
        })
    }

    /// Whether the switch of the case could be had.
    #[must_use]
    pub fn has_case_switch(&self) -> bool {
        self.case_switch.is_some()
    }
}

impl Panel for RaspberryPi {
    fn contacts(&mut self) -> Contacts {
        Contacts {
            help: self.help_button.as_ref().map(InputPin::is_low),
            case_open: self.case_switch.as_ref().map(InputPin::is_high),
        }
    }

    fn switch(&mut self, outputs: Outputs) {
        for (pin, on) in [
            (&mut self.help_lamp, outputs.help_lamp),
            (&mut self.slot_lamp, outputs.slot_lamp),
            (&mut self.buzzer, outputs.buzzer),
            (&mut self.backlight, outputs.backlight),
        ] {
            if let Some(pin) = pin {
                pin.write(on.into());
            }
        }
    }
}
