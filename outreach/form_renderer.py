"""How forms look: Django's renderer, with the field and form templates of the design system."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Render `{{ form }}` and `{{ field.as_field_group }}` with templates/forms/."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
